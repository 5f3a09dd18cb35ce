//! What a Zig block's function needs to be called as a component's: its WIT type, told by its
//! Zig type, and the way of its values through the canonical ABI.
//!
//! A block may use it by `@import("workbooks")`: `Bytes`, `allocator`. The rest is for the line
//! that Workbooks.Build.Zig adds behind the block.

const std = @import("std");

/// `list<u8>`: a slice of u8 is a string.
pub const Bytes = struct { bytes: []const u8 };

/// Each call has an instance, and so a memory, of its own: what is allocated goes with it.
pub const allocator = std.heap.wasm_allocator;

pub const panic = std.debug.FullPanic(fail);

/// Tells why, where there is a system to tell, and traps.
fn fail(message: []const u8, _: ?usize) noreturn {
    @branchHint(.cold);
    if (@import("builtin").os.tag == .wasi) {
        // A component's system takes one part at a time.
        for ([_][]const u8{ "panic: ", message, "\n" }) |part| {
            const parts = [_]std.os.wasi.ciovec_t{.{ .base = part.ptr, .len = part.len }};
            var written: usize = 0;
            _ = std.os.wasi.fd_write(2, &parts, parts.len, &written);
        }
    }
    @trap();
}

/// Exports `f` as `name`, and beside it a function that is never called, whose name is f's type.
pub fn entry(comptime name: []const u8, comptime f: anytype) void {
    comptime {
        @setEvalBranchQuota(100_000);
        const info = @typeInfo(@TypeOf(f)).@"fn";
        if (info.is_generic) refuse("the function " ++ name ++ " has parameters of no known type");
        @export(&Shim(f).call, .{ .name = name });
        @export(&nothing, .{ .name = "workbooks:" ++ signature(name, info) });
        @export(&realloc, .{ .name = "cabi_realloc" });
    }
}

fn nothing() callconv(.c) void {}

fn realloc(old: ?[*]u8, old_len: usize, alignment: usize, len: usize) callconv(.c) [*]u8 {
    const new = allocate(len, alignment);
    if (old) |bytes| @memcpy(new[0..@min(old_len, len)], bytes[0..@min(old_len, len)]);
    return new;
}

fn allocate(len: usize, alignment: usize) [*]u8 {
    // No type's alignment is above eight.
    _ = alignment;
    if (len == 0) return @ptrFromInt(8);
    const words = allocator.alloc(u64, (len + 7) / 8) catch @panic("out of memory");
    return @ptrCast(words.ptr);
}

fn refuse(comptime message: []const u8) noreturn {
    @compileError("workbooks: " ++ message);
}

// --- types -----------------------------------------------------------------------------------

fn signature(comptime name: []const u8, comptime info: anytype) []const u8 {
    comptime {
        var text: []const u8 = name ++ "(";
        var count: usize = 0;
        for (info.param_types) |given| {
            const T = given.?;
            if (T == std.mem.Allocator) continue;
            if (count > 0) text = text ++ ", ";
            text = text ++ std.fmt.comptimePrint("#{d}: ", .{count}) ++ wit(T);
            count += 1;
        }
        const Result = info.return_type.?;
        return text ++ ")" ++ if (Result == void) "" else " -> " ++ wit(Result);
    }
}

fn wit(comptime T: type) []const u8 {
    comptime {
        if (T == Bytes) return "list<u8>";
        return switch (@typeInfo(T)) {
            .bool => "bool",
            .int => |int| switch (int.bits) {
                8, 16, 32, 64 => std.fmt.comptimePrint("{s}{d}", .{ if (int.signedness == .signed) "s" else "u", int.bits }),
                21 => "char",
                else => unknown(T),
            },
            .float => |float| switch (float.bits) {
                32, 64 => std.fmt.comptimePrint("f{d}", .{float.bits}),
                else => unknown(T),
            },
            .pointer => |pointer| if (pointer.size != .slice)
                unknown(T)
            else if (pointer.child == u8) "string" else "list<" ++ wit(pointer.child) ++ ">",
            .optional => |optional| "option<" ++ wit(optional.child) ++ ">",
            .error_union => |either| "result<" ++ (if (either.payload == void) "_" else wit(either.payload)) ++ ", string>",
            .@"struct" => |fields| structure(T, fields),
            else => unknown(T),
        };
    }
}

fn structure(comptime T: type, comptime info: anytype) []const u8 {
    comptime {
        if (info.field_names.len == 0) return unknown(T);
        var text: []const u8 = if (info.is_tuple) "tuple<" else "record{";
        for (info.field_names, info.field_types, 0..) |name, Field, i| {
            if (i > 0) text = text ++ ", ";
            text = text ++ (if (info.is_tuple) "" else name ++ ": ") ++ wit(Field);
        }
        return text ++ if (info.is_tuple) ">" else "}";
    }
}

fn unknown(comptime T: type) noreturn {
    comptime refuse("no value of the type " ++ @typeName(T) ++
        " can pass between components: take bool, i8 to i64, u8 to u64, f32, f64, u21 (a character), " ++
        "[]const u8 (a string), slices, optionals, error unions, structs and tuples of them");
}

/// The types of core WebAssembly that a value is passed as.
fn flat(comptime T: type) []const type {
    comptime {
        if (T == void) return &.{};
        return switch (@typeInfo(T)) {
            .bool => &.{u32},
            .int => |int| if (int.bits == 64) &.{u64} else &.{u32},
            .float => |float| if (float.bits == 64) &.{f64} else &.{f32},
            .pointer => &.{ u32, u32 },
            .optional => |optional| .{u32} ++ flat(optional.child),
            .error_union => |either| .{u32} ++ join(flat(either.payload), &.{ u32, u32 }),
            .@"struct" => |info| flat_all(info.field_types),
            else => unreachable,
        };
    }
}

fn flat_all(comptime types: []const type) []const type {
    comptime {
        var all: []const type = &.{};
        for (types) |T| all = all ++ flat(T);
        return all;
    }
}

fn join(comptime a: []const type, comptime b: []const type) []const type {
    comptime {
        var all: []const type = &.{};
        for (0..@max(a.len, b.len)) |i| {
            const one = if (i >= a.len) b[i] else if (i >= b.len or a[i] == b[i]) a[i] else if (a[i] == u64 or
                a[i] == f64 or b[i] == u64 or b[i] == f64) u64 else u32;
            all = all ++ .{one};
        }
        return all;
    }
}

/// Bytes in linear memory: a discriminant is one byte, as there are never more than two cases.
fn size(comptime T: type) usize {
    comptime {
        if (T == void) return 0;
        return switch (@typeInfo(T)) {
            .bool => 1,
            .int => |int| if (int.bits == 21) 4 else int.bits / 8,
            .float => |float| float.bits / 8,
            .pointer => 8,
            .optional => |optional| either_size(optional.child, void),
            .error_union => |either| either_size(either.payload, []const u8),
            .@"struct" => |info| struct_size(T, info.field_types),
            else => unreachable,
        };
    }
}

fn alignment_of(comptime T: type) usize {
    comptime {
        if (T == void) return 1;
        return switch (@typeInfo(T)) {
            .pointer => 4,
            .optional => |optional| alignment_of(optional.child),
            .error_union => |either| @max(4, alignment_of(either.payload)),
            .@"struct" => |info| blk: {
                var most: usize = 1;
                for (info.field_types) |Field| most = @max(most, alignment_of(Field));
                break :blk most;
            },
            else => size(T),
        };
    }
}

fn up(comptime offset: usize, comptime alignment: usize) usize {
    return (offset + alignment - 1) / alignment * alignment;
}

fn either_size(comptime A: type, comptime B: type) usize {
    const alignment = @max(alignment_of(A), alignment_of(B));
    return up(up(1, alignment) + @max(size(A), size(B)), alignment);
}

fn struct_size(comptime T: type, comptime types: []const type) usize {
    return up(place(types, types.len), alignment_of(T));
}

/// Where the field of that number begins; behind the last one, where they end.
fn place(comptime types: []const type, comptime count: usize) usize {
    comptime {
        @setEvalBranchQuota(100_000);
        var offset: usize = 0;
        for (types, 0..) |T, i| {
            offset = up(offset, alignment_of(T));
            if (i == count) return offset;
            offset += size(T);
        }
        return offset;
    }
}

/// Whether a list of them in memory is a slice of them as it is.
fn plain(comptime T: type) bool {
    return switch (@typeInfo(T)) {
        .int => |int| int.bits != 21,
        .float => true,
        else => false,
    };
}

// --- from components ---------------------------------------------------------------------------

/// The values passed, each in 64 bits whatever its type.
const Slots = struct {
    values: []const u64,
    at: usize = 0,

    fn next(slots: *Slots) u64 {
        defer slots.at += 1;
        return slots.values[slots.at];
    }
};

fn lift(comptime T: type, slots: *Slots) T {
    return switch (@typeInfo(T)) {
        .pointer => |pointer| blk: {
            const start: usize = @intCast(slots.next());
            break :blk list(pointer.child, start, @intCast(slots.next()));
        },
        .optional => |optional| blk: {
            const there = slots.next() != 0;
            const value = if (there) lift(optional.child, slots) else null;
            if (!there) slots.at += comptime flat(optional.child).len;
            break :blk value;
        },
        .@"struct" => |info| blk: {
            var value: T = undefined;
            inline for (info.field_names, info.field_types) |name, Field| @field(value, name) = lift(Field, slots);
            break :blk value;
        },
        .error_union => refuse("an error union is no parameter"),
        else => scalar(T, slots.next()),
    };
}

fn scalar(comptime T: type, bits: u64) T {
    return switch (@typeInfo(T)) {
        .bool => bits & 0xff != 0,
        .int => |int| @bitCast(@as(@Int(.unsigned, int.bits), @truncate(bits))),
        .float => |float| @bitCast(@as(@Int(.unsigned, float.bits), @truncate(bits))),
        else => comptime unreachable,
    };
}

fn load(comptime T: type, at: usize) T {
    return switch (@typeInfo(T)) {
        .pointer => |pointer| list(pointer.child, number(u32, at), number(u32, at + 4)),
        .optional => |optional| if (number(u8, at) == 0)
            null
        else
            load(optional.child, at + comptime up(1, alignment_of(T))),
        .@"struct" => |info| blk: {
            var value: T = undefined;
            inline for (info.field_names, info.field_types, 0..) |name, Field, i| {
                @field(value, name) = load(Field, at + comptime place(info.field_types, i));
            }
            break :blk value;
        },
        .error_union => refuse("an error union is no parameter"),
        else => scalar(T, number(@Int(.unsigned, size(T) * 8), at)),
    };
}

fn number(comptime T: type, at: usize) T {
    return @as(*align(1) const T, @ptrFromInt(at)).*;
}

fn list(comptime T: type, start: usize, len: usize) []T {
    if (len == 0) return &.{};
    if (comptime plain(T)) return @as([*]T, @ptrFromInt(start))[0..len];
    const values = allocator.alloc(T, len) catch @panic("out of memory");
    for (values, 0..) |*value, i| value.* = load(T, start + i * comptime size(T));
    return values;
}

// --- to components -----------------------------------------------------------------------------

fn store(comptime T: type, at: usize, value: T) void {
    switch (@typeInfo(T)) {
        .pointer => |pointer| {
            put(u32, at, lower(pointer.child, value));
            put(u32, at + 4, value.len);
        },
        .optional => |optional| {
            put(u8, at, @intFromBool(value != null));
            if (value) |inner| store(optional.child, at + comptime up(1, alignment_of(T)), inner);
        },
        .error_union => |either| {
            const inside = at + comptime up(1, alignment_of(T));
            if (value) |inner| {
                put(u8, at, 0);
                if (either.payload != void) store(either.payload, inside, inner);
            } else |problem| {
                put(u8, at, 1);
                store([]const u8, inside, @errorName(problem));
            }
        },
        .@"struct" => |info| inline for (info.field_names, info.field_types, 0..) |name, Field, i| {
            store(Field, at + comptime place(info.field_types, i), @field(value, name));
        },
        else => put(@Int(.unsigned, size(T) * 8), at, raw(T, value)),
    }
}

fn put(comptime T: type, at: usize, value: anytype) void {
    @as(*align(1) T, @ptrFromInt(at)).* = @intCast(value);
}

fn raw(comptime T: type, value: T) @Int(.unsigned, size(T) * 8) {
    return switch (@typeInfo(T)) {
        .bool => @intFromBool(value),
        else => if (T == u21) value else @bitCast(value),
    };
}

fn lower(comptime T: type, values: []const T) usize {
    if (values.len == 0) return 8;
    if (comptime plain(T)) return @intFromPtr(values.ptr);
    const start = @intFromPtr(allocate(values.len * comptime size(T), comptime alignment_of(T)));
    for (values, 0..) |value, i| store(T, start + i * comptime size(T), value);
    return start;
}

/// A value that passes as one of core WebAssembly.
fn single(comptime T: type, value: T) flat(T)[0] {
    return switch (@typeInfo(T)) {
        .@"struct" => |info| inline for (info.field_names, info.field_types) |name, Field| {
            break single(Field, @field(value, name));
        } else unreachable,
        .bool => @intFromBool(value),
        // What is narrower than 32 bits is sign-extended where it has a sign.
        .int => |int| if (int.bits == 64 or int.signedness == .unsigned)
            @as(flat(T)[0], if (int.signedness == .signed) @bitCast(value) else value)
        else
            @bitCast(@as(i32, value)),
        else => value,
    };
}

// --- the call ------------------------------------------------------------------------------------

fn Shim(comptime f: anytype) type {
    @setEvalBranchQuota(100_000);
    const info = @typeInfo(@TypeOf(f)).@"fn";
    const types = comptime blk: {
        var all: []const type = &.{};
        for (info.param_types) |T| {
            if (T.? != std.mem.Allocator) all = all ++ .{T.?};
        }
        break :blk all;
    };
    const Result = info.return_type.?;
    const flats = flat_all(types);
    const returned = flat(Result);
    // More than sixteen pass as one pointer to all of them.
    const c: []const type = if (flats.len > 16) &.{u32} else flats;
    const R = if (returned.len == 0) void else if (returned.len == 1) returned[0] else u32;

    const Made = struct {
        fn run(values: []const u64) R {
            var slots: Slots = .{ .values = values };
            var arguments: std.meta.ArgsTuple(@TypeOf(f)) = undefined;
            comptime var taken: usize = 0;
            inline for (info.param_types, 0..) |T, i| {
                if (T.? == std.mem.Allocator) {
                    arguments[i] = allocator;
                } else {
                    arguments[i] = if (flats.len > 16)
                        load(T.?, @intCast(values[0] + comptime place(types, taken)))
                    else
                        lift(T.?, &slots);
                    taken += 1;
                }
            }
            const result = @call(.auto, f, arguments);
            if (returned.len == 0) return;
            if (returned.len == 1) return single(Result, result);
            const area = @intFromPtr(allocate(comptime size(Result), comptime alignment_of(Result)));
            store(Result, area, result);
            return area;
        }
    };

    return switch (c.len) {
        0 => struct {
            fn call() callconv(.c) R {
                return Made.run(&.{});
            }
        },
        1 => struct {
            fn call(p0: c[0]) callconv(.c) R {
                return Made.run(&.{widened(p0)});
            }
        },
        2 => struct {
            fn call(p0: c[0], p1: c[1]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1) });
            }
        },
        3 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2) });
            }
        },
        4 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3) });
            }
        },
        5 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4) });
            }
        },
        6 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5) });
            }
        },
        7 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5], p6: c[6]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5), widened(p6) });
            }
        },
        8 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5], p6: c[6], p7: c[7]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5), widened(p6), widened(p7) });
            }
        },
        9 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5], p6: c[6], p7: c[7], p8: c[8]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5), widened(p6), widened(p7), widened(p8) });
            }
        },
        10 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5], p6: c[6], p7: c[7], p8: c[8], p9: c[9]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5), widened(p6), widened(p7), widened(p8), widened(p9) });
            }
        },
        11 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5], p6: c[6], p7: c[7], p8: c[8], p9: c[9], p10: c[10]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5), widened(p6), widened(p7), widened(p8), widened(p9), widened(p10) });
            }
        },
        12 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5], p6: c[6], p7: c[7], p8: c[8], p9: c[9], p10: c[10], p11: c[11]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5), widened(p6), widened(p7), widened(p8), widened(p9), widened(p10), widened(p11) });
            }
        },
        13 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5], p6: c[6], p7: c[7], p8: c[8], p9: c[9], p10: c[10], p11: c[11], p12: c[12]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5), widened(p6), widened(p7), widened(p8), widened(p9), widened(p10), widened(p11), widened(p12) });
            }
        },
        14 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5], p6: c[6], p7: c[7], p8: c[8], p9: c[9], p10: c[10], p11: c[11], p12: c[12], p13: c[13]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5), widened(p6), widened(p7), widened(p8), widened(p9), widened(p10), widened(p11), widened(p12), widened(p13) });
            }
        },
        15 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5], p6: c[6], p7: c[7], p8: c[8], p9: c[9], p10: c[10], p11: c[11], p12: c[12], p13: c[13], p14: c[14]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5), widened(p6), widened(p7), widened(p8), widened(p9), widened(p10), widened(p11), widened(p12), widened(p13), widened(p14) });
            }
        },
        16 => struct {
            fn call(p0: c[0], p1: c[1], p2: c[2], p3: c[3], p4: c[4], p5: c[5], p6: c[6], p7: c[7], p8: c[8], p9: c[9], p10: c[10], p11: c[11], p12: c[12], p13: c[13], p14: c[14], p15: c[15]) callconv(.c) R {
                return Made.run(&.{ widened(p0), widened(p1), widened(p2), widened(p3), widened(p4), widened(p5), widened(p6), widened(p7), widened(p8), widened(p9), widened(p10), widened(p11), widened(p12), widened(p13), widened(p14), widened(p15) });
            }
        },
        else => unreachable,
    };
}

fn widened(value: anytype) u64 {
    return switch (@TypeOf(value)) {
        f32 => @as(u32, @bitCast(value)),
        f64 => @bitCast(value),
        else => value,
    };
}
