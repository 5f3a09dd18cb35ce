/* Included before QuickJS's sources (see zigcc).

   QuickJS stops runaway recursion by the address of its frames. In WebAssembly
   that is the shadow stack, while what runs out first is the
   machine's stack behind it, which the host limits and no guest can see. A frame
   of the interpreter takes about 800 bytes there and 250 here. So each function
   that asks for its frame's address gets this much more of a frame: then the
   stack that QuickJS watches fills faster than the one it cannot. */
#define __builtin_frame_address(level) \
    ({ volatile char padding[1024]; padding[0] = 0; (void *)padding; })

/* The same for functions that do not ask: stack.awk puts it into those that recurse without
   the interpreter. The address has to go somewhere, or the compiler keeps the one byte only. */
#define STACK_PADDING \
    volatile char stack_padding[2048]; \
    __asm__ volatile("" : : "r"(stack_padding))
