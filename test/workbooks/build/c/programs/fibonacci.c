/* Recursion in several ways: plain, with a memory, mutual. */
#include <stdio.h>

static unsigned long long memory[100];

static int plain(int n) { return n < 2 ? n : plain(n - 1) + plain(n - 2); }

static unsigned long long remembered(int n)
{
    if (n < 2) return (unsigned long long)n;
    if (!memory[n]) memory[n] = remembered(n - 1) + remembered(n - 2);
    return memory[n];
}

static int even(int n);
static int odd(int n) { return n == 0 ? 0 : even(n - 1); }
static int even(int n) { return n == 0 ? 1 : odd(n - 1); }

static int ackermann(int m, int n)
{
    if (m == 0) return n + 1;
    return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

int main(void)
{
    printf("%d %llu %d %d %d\n", plain(22), remembered(90), even(1000), odd(777), ackermann(2, 5));
    return 0;
}
