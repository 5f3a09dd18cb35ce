// Timers, on the clock that the block sees. What fires the next one goes to the engine,
// which asks for it when nothing else is left to do; so does what forgets them all.
(now, wait) => {
  // A heap, the one that is due first in front: of equals the older.
  let heap = []
  // Those that were not cleared, by id.
  let known = new Map()
  let ids = 0
  let turns = 0

  const before = (a, b) => a.due < b.due || (a.due === b.due && a.turn < b.turn)

  const push = (timer) => {
    let at = heap.length
    timer.turn = ++turns
    for (; at > 0; at = (at - 1) >> 1) {
      const above = heap[(at - 1) >> 1]
      if (!before(timer, above)) break
      heap[at] = above
    }
    heap[at] = timer
  }

  const pop = () => {
    const first = heap[0]
    const moved = heap.pop()
    if (heap.length > 0) {
      let at = 0
      for (;;) {
        let below = 2 * at + 1
        if (below >= heap.length) break
        if (below + 1 < heap.length && before(heap[below + 1], heap[below])) below++
        if (!before(heap[below], moved)) break
        heap[at] = heap[below]
        at = below
      }
      heap[at] = moved
    }
    return first
  }

  const start = (name, callback, delay, rest, repeats) => {
    if (typeof callback !== "function") throw new TypeError(`${name} takes a function`)
    delay = Number(delay)
    const us = (delay >= 1 && delay <= 0x7fffffff ? Math.trunc(delay) : 1) * 1000
    const timer = { id: ++ids, due: now() + us, every: repeats ? us : 0, callback, rest }
    known.set(timer.id, timer)
    push(timer)
    return timer.id
  }

  const fire = () => {
    while (heap.length > 0) {
      const timer = pop()
      if (!known.has(timer.id)) continue
      wait(timer.due)
      if (!timer.every) known.delete(timer.id)
      Reflect.apply(timer.callback, undefined, timer.rest)
      if (known.has(timer.id)) {
        // Not those that were missed, one after the other.
        timer.due = Math.max(timer.due + timer.every, now())
        push(timer)
      }
      return true
    }
    return false
  }

  const forget = () => {
    heap = []
    known = new Map()
    return true
  }

  return {
    fire,
    forget,
    setTimeout(callback, delay, ...rest) { return start("setTimeout", callback, delay, rest, false) },
    setInterval(callback, delay, ...rest) { return start("setInterval", callback, delay, rest, true) },
    clearTimeout(id) { known.delete(id) },
    clearInterval(id) { known.delete(id) },
  }
}
