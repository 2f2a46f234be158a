// What several clients need.

export async function post(url, body, headers = {}) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${answer.status} ${url}: ${await answer.text()}`)
  return answer.json()
}

export const opened = (socket) => new Promise((resolve, reject) => {
  socket.on('open', resolve)
  socket.on('error', reject)
})
