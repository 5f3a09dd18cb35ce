// structuredClone, as HTML has it; nothing can be transferred here.
() => {
  const typed = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Int8Array.prototype), Symbol.toStringTag).get
  const views = new Map()
  for (const type of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    BigInt64Array, BigUint64Array, Float32Array, Float64Array, globalThis.Float16Array])
    if (type) views.set(type.name, type)
  const errors = new Map()
  for (const type of [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) errors.set(type.name, type)
  const refused = [Promise, WeakMap, WeakSet, WeakRef]
  const boxes = [Boolean, Number, String, BigInt]

  const fail = (what) => { throw new DOMException(`${what} could not be cloned.`, "DataCloneError") }
  const hidden = (object, name, value) =>
    Object.defineProperty(object, name, { value, writable: true, configurable: true })

  const copy = (value, seen) => {
    if (typeof value === "symbol") fail(String(value))
    if (typeof value === "function") fail(value.name === "" ? "A function" : `The function ${value.name}`)
    if (typeof value !== "object" || value === null) return value
    if (seen.has(value)) return seen.get(value)
    const keep = (made) => { seen.set(value, made); return made }

    if (boxes.some((box) => value instanceof box)) return keep(Object(value.valueOf()))
    if (value instanceof Date) return keep(new Date(value.getTime()))
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags))
    if (value instanceof ArrayBuffer) return keep(value.slice(0))
    if (value instanceof DataView) return keep(new DataView(copy(value.buffer, seen), value.byteOffset, value.byteLength))
    if (ArrayBuffer.isView(value)) {
      const view = views.get(typed.call(value))
      return keep(new view(copy(value.buffer, seen), value.byteOffset, value.length))
    }
    if (value instanceof Map) {
      const made = keep(new Map())
      for (const [key, item] of [...value]) made.set(copy(key, seen), copy(item, seen))
      return made
    }
    if (value instanceof Set) {
      const made = keep(new Set())
      for (const item of [...value]) made.add(copy(item, seen))
      return made
    }
    if (value instanceof Error) {
      const made = keep(new (errors.get(value.name) ?? Error)())
      for (const name of ["message", "stack"]) if (name in value) hidden(made, name, String(value[name]))
      if ("cause" in value) hidden(made, "cause", copy(value.cause, seen))
      return made
    }
    for (const type of refused) if (value instanceof type) fail(`#<${type.name}>`)

    const made = keep(Array.isArray(value) ? new Array(value.length) : {})
    for (const key of Object.keys(value)) {
      const item = copy(value[key], seen)
      Object.defineProperty(made, key, { value: item, enumerable: true, writable: true, configurable: true })
    }
    return made
  }

  return {
    structuredClone(value, options) {
      if (arguments.length === 0) throw new TypeError("structuredClone takes a value")
      for (const _ of options?.transfer ?? []) fail("What is to be transferred")
      return copy(value, new Map())
    },
  }
}
