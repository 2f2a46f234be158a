"""Opens Parquet and NDJSON with DuckDB and compares with the PGN, read by python-chess."""
import collections
import sys

import chess.pgn
import duckdb

pgn, parquet, ndjson = sys.argv[1:]
games, results = {}, collections.Counter()
with open(pgn, encoding="utf-8") as f:
    while (game := chess.pgn.read_game(f)) is not None:
        moves = [m.uci() for m in game.mainline_moves()]
        games[game.headers["GameId"]] = (game.headers["White"], game.headers["Black"], game.headers["Result"], moves)
        results[game.headers["Result"]] += 1

for source in (f"read_parquet('{parquet}')", f"read_json_auto('{ndjson}')"):
    rows = duckdb.sql(f"select game, names[1], names[2], result, moves, plies, len(elapsed_ms) from {source}").fetchall()
    assert len(rows) == len(games), (source, len(rows), len(games))
    for game, white, black, result, moves, plies, times in rows:
        assert games[game] == (white, black, result, moves), (source, game)
        assert plies == len(moves) == times, (source, game, plies)
    counted = dict(duckdb.sql(f"select result, count(*) from {source} group by result").fetchall())
    assert counted == dict(results), (source, counted, results)
    total = duckdb.sql(f"select sum(plies) from {source}").fetchall()[0][0]
    assert total == sum(len(g[3]) for g in games.values()), (source, total)
    print(f"DuckDB {duckdb.__version__}: {len(rows)} games, {total} moves of {source.split('(')[0]} agree with the PGN")
schema = {c[0]: c[1] for c in duckdb.sql(f"describe select * from read_parquet('{parquet}')").fetchall()}
assert schema["created"].startswith("TIMESTAMP") and schema["moves"] == "VARCHAR[]" and schema["scores"] == "INTEGER[]", schema
