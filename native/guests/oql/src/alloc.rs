//! The component's memory: blocks of a few sizes, and for each size a list of those that are free.
//!
//! A call makes many small blocks and gives them all back before it ends, and there is one
//! thread. So nothing small is split or joined, and to take a block or give it back is a
//! handful of instructions, where an allocator for everybody's needs takes a tenth of a
//! document's time. Large blocks are few, and what they leave behind is worth joining: it is kept by
//! place, and the first hole that is large enough serves. A block at the end of what is in
//! use grows where it stands: a text that is written to is seldom moved.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::memory_grow;
use core::cell::UnsafeCell;
use core::ptr;

#[global_allocator]
static BLOCKS: Blocks = Blocks(UnsafeCell::new(State { free: [0; CLASSES], holes: 0, top: 0, end: 0 }));

/// All blocks begin at a multiple of it.
const UNIT: usize = 16;
/// Sizes: each multiple of a unit up to eight of them, then four to a doubling, to the last that is not large.
const CLASSES: usize = 60;
/// Blocks of more bytes are as many pages as they need.
const LARGE: usize = 1 << 20;
const PAGE: usize = 65_536;
/// Memory is asked for in pieces of this many pages at least.
const PIECE: usize = 16;

struct Blocks(UnsafeCell<State>);

struct State {
    /// For each size where the first free block is, or 0; in each stands where the next one is.
    free: [usize; CLASSES],
    /// Where the first hole is that a large block left, or 0.
    holes: usize,
    /// From here to the end nothing is handed out.
    top: usize,
    end: usize,
}

/// What a large block left, at its beginning. No two touch, and all are below the top.
struct Hole {
    size: usize,
    /// Where the next one is, further up, or 0.
    next: usize,
}

// SAFETY: the component has one thread.
unsafe impl Sync for Blocks {}

/// The class for so many bytes, and the size of its blocks. All that is large is of the class behind the last.
const fn class(bytes: usize) -> (usize, usize) {
    if bytes > LARGE {
        return (CLASSES, bytes.div_ceil(PAGE) * PAGE);
    }
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
    while bytes <= LARGE {
        let (number, size) = class(bytes);
        assert!(number < CLASSES && size >= bytes && size % UNIT == 0);
        assert!(if number == last.0 { size == last.1 } else { number == last.0 + 1 && size > last.1 });
        last = (number, size);
        bytes = if bytes < 4_096 { bytes + 1 } else { size + 1 };
    }
    assert!(last.0 == CLASSES - 1 && last.1 == LARGE);
};

impl State {
    /// A block of this class and size, or null.
    #[inline]
    fn take(&mut self, class: usize, size: usize) -> *mut u8 {
        let Some(first) = self.free.get_mut(class) else { return self.take_large(size) };
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

    #[cold]
    #[inline(never)]
    fn take_large(&mut self, size: usize) -> *mut u8 {
        let mut link = &raw mut self.holes;
        // SAFETY: a link is ours or a hole's; a hole is as large as it says, and nobody's.
        unsafe {
            while *link != 0 {
                if (*(*link as *const Hole)).size >= size {
                    return Self::fill(link, size);
                }
                link = &raw mut (*(*link as *mut Hole)).next;
            }
        }
        self.carve(size)
    }

    /// The first so many bytes of the hole behind a link.
    ///
    /// # Safety
    /// It has as many.
    unsafe fn fill(link: *mut usize, size: usize) -> *mut u8 {
        // SAFETY: what is left of a hole begins at a multiple of `UNIT` and is a page at least.
        unsafe {
            let at = *link;
            let hole = (at as *const Hole).read();
            *link = if hole.size == size { hole.next } else { at + size };
            if hole.size > size {
                (*link as *mut Hole).write(Hole { size: hole.size - size, next: hole.next });
            }
            at as *mut u8
        }
    }

    #[cold]
    #[inline(never)]
    fn give_large(&mut self, mut at: usize, mut size: usize) {
        let mut before = ptr::null_mut();
        let mut link = &raw mut self.holes;
        // SAFETY: as above; the block is nobody's any more.
        unsafe {
            while *link != 0 && *link < at {
                before = link;
                link = &raw mut (*(*link as *mut Hole)).next;
            }
            let mut next = *link;
            if at + size == next {
                let hole = (next as *const Hole).read();
                size += hole.size;
                next = hole.next;
            }
            if !before.is_null() {
                let hole = (*before as *const Hole).read();
                if *before + hole.size == at {
                    at = *before;
                    size += hole.size;
                    link = before;
                }
            }
            if at + size == self.top {
                self.top = at;
                *link = 0;
            } else {
                *link = at;
                (at as *mut Hole).write(Hole { size, next });
            }
        }
    }

    /// Makes a large block longer by the beginning of the hole behind it, if there is one.
    #[cold]
    #[inline(never)]
    fn extend_large(&mut self, end: usize, more: usize) -> bool {
        let mut link = &raw mut self.holes;
        // SAFETY: as above.
        unsafe {
            while *link != 0 && *link < end {
                link = &raw mut (*(*link as *mut Hole)).next;
            }
            let fits = *link == end && (*(end as *const Hole)).size >= more;
            if fits {
                Self::fill(link, more);
            }
            fits
        }
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
        if class == CLASSES {
            state.give_large(block as usize, size);
        } else if block as usize + size == state.top {
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
        if old_size == new_size {
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
        let both_large = old == CLASSES && new == CLASSES;
        if both_large && new_size > old_size && state.extend_large(end, new_size - old_size) {
            return block;
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
