/* A sieve on the heap. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    enum { N = 200000 };
    char *composite = calloc(N + 1, 1);
    int count = 0, last = 0;
    for (int i = 2; i <= N; i++) {
        if (composite[i]) continue;
        count++;
        last = i;
        for (long long j = (long long)i * i; j <= N; j += i) composite[j] = 1;
    }
    printf("%d primes, the last %d\n", count, last);
    free(composite);
    return 0;
}
