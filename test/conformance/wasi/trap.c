// Ends by a trap, its output before that kept.
#include <stdio.h>

int main(void) {
    puts("before");
    fflush(stdout);
    __builtin_trap();
}
