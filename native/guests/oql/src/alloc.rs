//! The component's memory: blocks of a few sizes, and for each size a list of those that are free.
//!
//! A call makes many small blocks and gives them all back before it ends, and there is one
//! thread. So nothing is split and nothing joined, and to take a block or give it back is a
//! handful of instructions, where an allocator for everybody's needs takes a tenth of a
//! document's time. A block at the end of what is in use grows where it stands: a text that is
//! written to is seldom moved.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::memory_grow;
use core::cell::UnsafeCell;
use core::ptr;

#[global_allocator]
static BLOCKS: Blocks = Blocks(UnsafeCell::new(State { free: [0; CLASSES], top: 0, end: 0 }));

/// All blocks begin at a multiple of it.
const UNIT: usize = 16;
/// Sizes: each multiple of a unit up to eight of them, then four to a doubling.
const CLASSES: usize = 112;
const PAGE: usize = 65_536;
/// Memory is asked for in pieces of this many pages at least.
const PIECE: usize = 16;

struct Blocks(UnsafeCell<State>);

struct State {
    /// For each size where the first free block is, or 0; in each stands where the next one is.
    free: [usize; CLASSES],
    /// From here to the end nothing is handed out.
    top: usize,
    end: usize,
}

// SAFETY: the component has one thread.
unsafe impl Sync for Blocks {}

/// The class for so many bytes, and the size of its blocks.
const fn class(bytes: usize) -> (usize, usize) {
    let units = if bytes == 0 { 1 } else { bytes.div_ceil(UNIT) };
    if units <= 8 {
        return (units - 1, units * UNIT);
    }
    // From one power of two to the next there are four steps.
    let log = (units - 1).ilog2() as usize;
    let quarters = (units - 1) >> (log - 2);
    (8 + (log - 3) * 4 + quarters - 4, ((quarters + 1) << (log - 2)) * UNIT)
}

// Each class has room for what is in it, and one class more means larger blocks.
const _: () = {
    let mut bytes = 0;
    let mut last = class(0);
    while bytes < 1 << 30 {
        let (number, size) = class(bytes);
        assert!(number < CLASSES && size >= bytes && size % UNIT == 0);
        assert!(if number == last.0 { size == last.1 } else { number == last.0 + 1 && size > last.1 });
        last = (number, size);
        bytes = if bytes < 4_096 { bytes + 1 } else { size + 1 };
    }
};

impl State {
    /// A block of this class and size, or null.
    #[inline]
    fn take(&mut self, class: usize, size: usize) -> *mut u8 {
        let Some(first) = self.free.get_mut(class) else { return ptr::null_mut() };
        if *first == 0 {
            return self.carve(size);
        }
        let block = *first as *mut u8;
        // SAFETY: it is free, so its first word is where the next one is.
        *first = unsafe { *block.cast::<usize>() };
        block
    }

    #[inline]
    fn carve(&mut self, size: usize) -> *mut u8 {
        if size > self.end - self.top && !self.grow(size) {
            return ptr::null_mut();
        }
        let block = self.top;
        self.top += size;
        block as *mut u8
    }

    /// Has room for so many bytes at the top; false when there is no more memory.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, size: usize) -> bool {
        let pages = (size - (self.end - self.top)).div_ceil(PAGE).max(PIECE);
        let before = memory_grow(0, pages);
        if before == usize::MAX {
            return false;
        }
        if before * PAGE != self.end {
            // The first time: what is below is the program's own.
            self.top = before * PAGE;
        }
        self.end = (before + pages) * PAGE;
        size <= self.end - self.top || self.grow(size)
    }
}

// SAFETY: a block is handed out once until it is given back, is as long as its layout at least and
// begins at a multiple of `UNIT`. Nothing in here allocates, so no two references to the state meet.
unsafe impl GlobalAlloc for Blocks {
    // One copy of it: the callers are hundreds.
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // No type in here asks for more.
        if layout.align() > UNIT {
            return ptr::null_mut();
        }
        let (class, size) = class(layout.size());
        // SAFETY: see above.
        unsafe { &mut *self.0.get() }.take(class, size)
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let (class, size) = class(layout.size());
        // SAFETY: see above.
        let state = unsafe { &mut *self.0.get() };
        if block as usize + size == state.top {
            state.top = block as usize;
        } else if let Some(first) = state.free.get_mut(class) {
            // SAFETY: it is nobody's any more, and a unit long at least.
            unsafe { *block.cast::<usize>() = *first };
            *first = block as usize;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        let (old, old_size) = class(layout.size());
        let (new, new_size) = class(bytes);
        if old == new {
            return block;
        }
        // SAFETY: see above.
        let state = unsafe { &mut *self.0.get() };
        let end = block as usize + old_size;
        if end == state.top {
            let more = new_size.saturating_sub(old_size);
            // Growing may begin elsewhere, if somebody else asked for memory.
            if more <= state.end - end || (state.grow(more) && end == state.top) {
                state.top = block as usize + new_size;
                return block;
            }
        }
        let moved = state.take(new, new_size);
        if !moved.is_null() {
            // SAFETY: both are as long as the shorter of the two at least, and are not the same.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(bytes));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}
