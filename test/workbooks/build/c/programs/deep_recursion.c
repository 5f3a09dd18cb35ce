/* A stack of ten thousand calls with something in each. */
#include <stdio.h>

static int depth(int n)
{
    volatile char pad[32];
    pad[0] = (char)n;
    return n == 0 ? 0 : depth(n - 1) + 1 + (pad[0] != (char)n);
}

int main(void)
{
    printf("%d\n", depth(10000));
    return 0;
}
