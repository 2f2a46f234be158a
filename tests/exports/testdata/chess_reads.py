"""Reads the PGN that went in and the one that came out with python-chess: the same games, move for move."""
import io
import sys

import chess.pgn


def read(name, encoding):
    games = []
    with open(name, encoding=encoding) as f:
        while (game := chess.pgn.read_game(f)) is not None:
            assert not game.errors, (name, game.headers, game.errors)
            moves = [m.uci() for m in game.mainline_moves()]
            games.append((game.headers["White"], game.headers["Black"], game.headers["Result"], tuple(moves)))
            board = game.end().board()
            if name == sys.argv[2]:
                assert len(game.headers["PlyChain"]) == 64, game.headers
                assert all(node.emt() is not None for node in game.mainline()), game.headers
                assert board.is_valid(), board.fen()
    return games


before = [g for g in read(sys.argv[1], "latin-1") if g[3]]
after = read(sys.argv[2], "utf-8")
assert sorted(before) == sorted(after), (len(before), len(after))
print(f"python-chess {chess.__version__}: {len(after)} games, {sum(len(g[3]) for g in after)} moves are the same")
