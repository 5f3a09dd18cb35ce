/* bsearch and qsort with comparisons of our own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(void)
{
    int xs[50];
    unsigned state = 12345;
    for (int i = 0; i < 50; i++) {
        state = state * 1103515245u + 12345u;
        xs[i] = (int)(state >> 20);
    }
    qsort(xs, 50, sizeof xs[0], by_number);
    for (int i = 0; i < 50; i++) printf("%d ", xs[i]);
    int wanted = xs[17];
    int *found = bsearch(&wanted, xs, 50, sizeof xs[0], by_number);
    printf("\n%d\n", found != NULL && *found == wanted);
    wanted = -1;
    printf("%d\n", bsearch(&wanted, xs, 50, sizeof xs[0], by_number) == NULL);
    const char *words[] = {"pear", "apple", "fig", "cherry", "date"};
    qsort(words, 5, sizeof words[0], by_text);
    for (int i = 0; i < 5; i++) puts(words[i]);
    return 0;
}
