// What `console` has beside the functions that the engine gives it.
({ log, warn, error, indent, inspect, format, now }) => {
  // As many rows are read.
  const ROWS = 1000
  const counts = new Map()
  const begun = new Map()
  let groups = 0

  const named = (label) => (label === undefined ? "default" : String(label))
  const elapsed = (name) => `${name}: ${((now() - begun.get(name)) / 1000).toFixed(3)}ms`
  const running = (name) => begun.has(name) || (warn(`no timer is called '${name}'`), false)

  const width = (text) => [...text].length
  const rule = (widths, left, between, right) =>
    left + widths.map((width) => "─".repeat(width + 2)).join(between) + right
  const row = (widths, cells) =>
    "│" + cells.map((cell, at) => ` ${cell}${" ".repeat(widths[at] - width(cell))} `).join("│") + "│"

  const drawn = (rows) => {
    const widths = rows[0].map((_, at) => rows.reduce((most, cells) => Math.max(most, width(cells[at])), 0))
    const [head, ...body] = rows.map((cells) => row(widths, cells))
    return [rule(widths, "┌", "┬", "┐"), head, rule(widths, "├", "┼", "┤"), ...body, rule(widths, "└", "┴", "┘")].join("\n")
  }

  const entries = (data) => {
    if (data instanceof Map) return [...data].map(([key, value], at) => [String(at), { Key: key, Values: value }])
    if (data instanceof Set) return [...data].map((value, at) => [String(at), value])
    return Object.keys(data).map((key) => [key, data[key]])
  }

  const object = (value) => typeof value === "object" && value !== null

  const table = (data, wanted) => {
    const all = entries(data)
    const shown = all.slice(0, ROWS)
    const columns = new Set(Array.isArray(wanted) ? wanted.map(String) : [])
    if (!Array.isArray(wanted))
      for (const [, item] of shown) if (object(item)) for (const key of Object.keys(item)) columns.add(key)
    const bare = shown.some(([, item]) => !object(item))
    const cells = ([index, item]) => [
      index,
      ...[...columns].map((key) => (object(item) && Object.hasOwn(item, key) ? inspect(item[key]) : "")),
      ...(bare ? [object(item) ? "" : inspect(item)] : []),
    ]
    const head = ["(index)", ...columns, ...(bare ? ["Values"] : [])]
    const rest = all.length > ROWS ? `\n… ${all.length - ROWS} more rows` : ""
    return drawn([head, ...shown.map(cells)]) + rest
  }

  const methods = {
    assert(condition, ...values) {
      if (condition) return
      if (typeof values[0] === "string") error(`Assertion failed: ${values[0]}`, ...values.slice(1))
      else error("Assertion failed", ...values)
    },
    count(label) {
      const name = named(label)
      counts.set(name, (counts.get(name) ?? 0) + 1)
      log(`${name}: ${counts.get(name)}`)
    },
    countReset(label) {
      if (!counts.delete(named(label))) warn(`nothing was counted as '${named(label)}'`)
    },
    dir(value) { log(inspect(value)) },
    dirxml(...values) { log(...values) },
    group(...values) {
      if (values.length > 0) log(...values)
      indent(++groups)
    },
    groupCollapsed(...values) { methods.group(...values) },
    groupEnd() { indent((groups = Math.max(0, groups - 1))) },
    table(data, columns) { log(object(data) ? table(data, columns) : data) },
    time(label) {
      const name = named(label)
      if (begun.has(name)) warn(`a timer is called '${name}' already`)
      else begun.set(name, now())
    },
    timeLog(label, ...values) {
      const name = named(label)
      if (running(name)) log(elapsed(name), ...values)
    },
    timeEnd(label) {
      const name = named(label)
      if (!running(name)) return
      log(elapsed(name))
      begun.delete(name)
    },
    trace(...values) {
      const frames = new Error().stack.split("\n").slice(1).filter((frame) => frame !== "")
      log([values.length > 0 ? `Trace: ${format(...values)}` : "Trace", ...frames].join("\n"))
    },
  }

  return methods
}
