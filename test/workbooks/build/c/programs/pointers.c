/* Pointers to pointers, into the middle, their differences and comparisons, const and void. */
#include <stdio.h>
#include <stdint.h>

static void swap(void *a, void *b, size_t size)
{
    unsigned char *x = a, *y = b;
    while (size--) {
        unsigned char t = *x;
        *x++ = *y;
        *y++ = t;
    }
}

static size_t length(const char *s)
{
    const char *end = s;
    while (*end) end++;
    return (size_t)(end - s);
}

static void advance(const char **s, int n) { *s += n; }

int main(void)
{
    double a = 1.5, b = 2.5;
    swap(&a, &b, sizeof a);
    printf("%g %g\n", a, b);
    const char *text = "pointers";
    printf("%d ", (int)length(text));
    advance(&text, 5);
    printf("%s\n", text);
    int xs[5] = {1, 2, 3, 4, 5}, *first = xs, *last = xs + 4;
    while (first < last) {
        int t = *first;
        *first++ = *last;
        *last-- = t;
    }
    for (int *p = xs; p != xs + 5; ++p) printf("%d ", *p);
    printf("%d %d\n", 2[xs], *(1 + xs));
    int *nothing = NULL;
    int **indirect = &nothing;
    printf("%d %d\n", !*indirect, (uintptr_t)nothing == 0);
    return 0;
}
