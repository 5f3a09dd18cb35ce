/* setjmp and longjmp, out of calls and back again. */
#include <setjmp.h>
#include <stdio.h>

static jmp_buf outer, inner;

static void throws(int n)
{
    if (n == 0) longjmp(outer, 5);
    throws(n - 1);
}

static int tries(int n)
{
    volatile int rounds = 0;
    int got = setjmp(inner);
    rounds++;
    if (got < n) longjmp(inner, got + 1);
    return rounds;
}

int main(void)
{
    volatile int before = 1;
    int got = setjmp(outer);
    if (got == 0) {
        before = 2;
        throws(10);
        puts("never");
    }
    printf("%d %d\n", got, before);
    printf("%d\n", tries(7));
    return got;
}
