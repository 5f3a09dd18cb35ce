//! The component's small blocks: for each size a list of those that are free.
//!
//! A call makes many small blocks and gives them all back before it ends, and there is one
//! thread. So none is split or joined or says how long it is, and to take one or give it back
//! is a handful of instructions; std's allocator, made for everybody's needs, takes a tenth of a
//! document's time. What is larger, and the chunks that small blocks are cut from, is that
//! one's still, which joins what is given back. Once nothing small is in use it gets its
//! chunks back, so that no call finds memory cut as another one needed it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static BLOCKS: Blocks = Blocks::new();

/// Small blocks begin at a multiple of it and are as long as one.
const UNIT: usize = 8;
/// The longest of them.
const SMALL: usize = 512;
/// How much is asked for at once to cut small blocks from.
const CHUNK: usize = 1 << 14;

struct Blocks(UnsafeCell<State>);

struct State {
    /// For each size the first free block, or null; in each stands where the next one is.
    free: [*mut u8; SMALL / UNIT],
    /// From here on `left` bytes of the newest chunk were never handed out.
    top: *mut u8,
    left: usize,
    /// The newest chunk, or null; in each stands first where the one before it is.
    chunk: *mut u8,
    /// How many blocks are in use.
    used: usize,
}

// SAFETY: the component has one thread.
unsafe impl Sync for Blocks {}

impl Blocks {
    const fn new() -> Self {
        let free = [ptr::null_mut(); SMALL / UNIT];
        Blocks(UnsafeCell::new(State { free, top: ptr::null_mut(), left: 0, chunk: ptr::null_mut(), used: 0 }))
    }
}

/// Which list a block is for, and how long it is; none where it is not small.
#[inline(always)]
fn class(layout: &Layout) -> Option<(usize, usize)> {
    if layout.size().wrapping_sub(1) >= SMALL || layout.align() > UNIT {
        return None;
    }
    let class = (layout.size() - 1) / UNIT;
    Some((class, (class + 1) * UNIT))
}

const CHUNK_LAYOUT: Layout = match Layout::from_size_align(CHUNK, UNIT) {
    Ok(layout) => layout,
    Err(_) => Layout::new::<u8>(),
};

impl State {
    #[inline]
    fn take(&mut self, class: usize, size: usize) -> *mut u8 {
        let Some(first) = self.free.get_mut(class) else { return ptr::null_mut() };
        let block = *first;
        if block.is_null() {
            return self.cut(size);
        }
        // SAFETY: it is free, so in its first word stands where the next one is.
        *first = unsafe { *block.cast::<*mut u8>() };
        self.used += 1;
        block
    }

    #[inline]
    fn cut(&mut self, size: usize) -> *mut u8 {
        if self.left < size && !self.add_chunk() {
            return ptr::null_mut();
        }
        let block = self.top;
        self.top = block.wrapping_add(size);
        self.left -= size;
        self.used += 1;
        block
    }

    #[inline]
    fn give(&mut self, block: *mut u8, class: usize) {
        if let Some(first) = self.free.get_mut(class) {
            // SAFETY: it is nobody's any more, and a unit long at least.
            unsafe { *block.cast::<*mut u8>() = *first };
            *first = block;
        }
        self.used -= 1;
        if self.used == 0 {
            self.rest();
        }
    }

    /// False when there is no more memory.
    #[cold]
    #[inline(never)]
    fn add_chunk(&mut self) -> bool {
        // SAFETY: a chunk has a size.
        let chunk = unsafe { System.alloc(CHUNK_LAYOUT) };
        if chunk.is_null() {
            return false;
        }
        // SAFETY: it is ours, and longer than that.
        unsafe { *chunk.cast::<*mut u8>() = self.chunk };
        self.chunk = chunk;
        self.top = chunk.wrapping_add(UNIT);
        self.left = CHUNK - UNIT;
        true
    }

    /// Gives all chunks back but the first, if there are more.
    #[cold]
    #[inline(never)]
    fn rest(&mut self) {
        let mut chunk = self.chunk;
        // SAFETY: chunks say where the one before them is, and no block of theirs is in use.
        unsafe {
            let mut before = *chunk.cast::<*mut u8>();
            if before.is_null() {
                return;
            }
            while !before.is_null() {
                System.dealloc(chunk, CHUNK_LAYOUT);
                chunk = before;
                before = *chunk.cast::<*mut u8>();
            }
        }
        *self = State { chunk, top: chunk.wrapping_add(UNIT), left: CHUNK - UNIT, ..*Blocks::new().0.get_mut() };
    }
}

// SAFETY: a block is handed out once until it is given back, is as long as its layout at least and
// begins at a multiple of `UNIT`. `System` does not call us, so no two references to the state meet.
unsafe impl GlobalAlloc for Blocks {
    // One copy of it: the callers are hundreds.
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see above; what is not small is `System`'s.
        unsafe {
            match class(&layout) {
                Some((class, size)) => (*self.0.get()).take(class, size),
                None => System.alloc(layout),
            }
        }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe {
            match class(&layout) {
                Some((class, _)) => (*self.0.get()).give(block, class),
                None => System.dealloc(block, layout),
            }
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's: the size is one that a layout may have.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class(&layout), class(&wanted)) {
            // SAFETY: it is `System`'s and stays so.
            (None, None) => return unsafe { System.realloc(block, layout, size) },
            (Some((_, old)), Some((_, new))) if old == new => return block,
            (Some((_, old)), Some((_, new))) if old < new => {
                // SAFETY: see above.
                let state = unsafe { &mut *self.0.get() };
                // What was cut last grows where it stands.
                if block.wrapping_add(old) == state.top && new - old <= state.left {
                    state.top = block.wrapping_add(new);
                    state.left -= new - old;
                    return block;
                }
            }
            _ => {}
        }
        // SAFETY: both are as long as the shorter of the two at least, and are not the same.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    struct Held(*mut u8, Layout, u8);

    impl Held {
        fn is_whole(&self) -> bool {
            // SAFETY: the block is this test's and as long as its layout.
            let bytes = unsafe { std::slice::from_raw_parts(self.0, self.1.size()) };
            bytes.iter().all(|b| *b == self.2)
        }
    }

    /// Blocks of many sizes, taken, changed and given back in an order that looks random:
    /// each keeps what was written to it, and begins where its layout says.
    #[test]
    fn blocks_keep_what_is_theirs() {
        let blocks = Blocks::new();
        let mut held: Vec<Held> = Vec::new();
        let mut state = 1u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for step in 0..60_000 {
            let fill = step as u8;
            match random(if step % 6_000 < 4_000 { 3 } else { 9 }) {
                0 if !held.is_empty() => {
                    let last = held.len() - 1;
                    let at = if random(2) == 0 { last } else { random(last + 1) };
                    let Held(block, layout, old) = held[at];
                    let size = 1 + random(700);
                    // SAFETY: the block is ours, the size is not 0.
                    let moved = unsafe { blocks.realloc(block, layout, size) };
                    let kept = Held(moved, Layout::from_size_align(size.min(layout.size()), 1).unwrap(), old);
                    assert!(kept.is_whole());
                    let layout = Layout::from_size_align(size, layout.align()).unwrap();
                    // SAFETY: it is as long as that now.
                    unsafe { ptr::write_bytes(moved, fill, size) };
                    held[at] = Held(moved, layout, fill);
                }
                1 | 2 => {
                    let layout = Layout::from_size_align(1 + random(700), 1 << random(5)).unwrap();
                    // SAFETY: the size is not 0.
                    let block = unsafe { blocks.alloc(layout) };
                    assert!(!block.is_null() && block.addr() % layout.align() == 0);
                    // SAFETY: it is as long as that.
                    unsafe { ptr::write_bytes(block, fill, layout.size()) };
                    held.push(Held(block, layout, fill));
                }
                _ if !held.is_empty() => {
                    let gone = held.swap_remove(random(held.len()));
                    assert!(gone.is_whole());
                    // SAFETY: it is ours.
                    unsafe { blocks.dealloc(gone.0, gone.1) };
                }
                _ => {}
            }
        }
        assert!(held.iter().all(Held::is_whole));
        for Held(block, layout, _) in held {
            // SAFETY: it is ours.
            unsafe { blocks.dealloc(block, layout) };
        }
        // SAFETY: nobody else has it.
        let state = unsafe { &*blocks.0.get() };
        assert_eq!(state.used, 0);
        // Of the chunks the first is left, which says that there is none before it.
        // SAFETY: a chunk begins with that.
        assert!(unsafe { *state.chunk.cast::<*mut u8>() }.is_null());
        assert_eq!(state.left, CHUNK - UNIT);
        // SAFETY: nothing of it is in use, and `blocks` ends here.
        unsafe { System.dealloc(state.chunk, CHUNK_LAYOUT) };
    }
}
