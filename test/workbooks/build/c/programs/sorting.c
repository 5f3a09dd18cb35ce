/* Four ways to sort, all alike. */
#include <stdio.h>
#include <string.h>

enum { N = 200 };

static void bubble(int *x, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j + 1 < n - i; j++)
            if (x[j] > x[j + 1]) { int t = x[j]; x[j] = x[j + 1]; x[j + 1] = t; }
}

static void insertion(int *x, int n)
{
    for (int i = 1; i < n; i++) {
        int v = x[i], j = i;
        for (; j && x[j - 1] > v; j--) x[j] = x[j - 1];
        x[j] = v;
    }
}

static void quick(int *x, int n)
{
    if (n < 2) return;
    int pivot = x[n / 2], i = 0, j = n - 1;
    for (;; i++, j--) {
        while (x[i] < pivot) i++;
        while (x[j] > pivot) j--;
        if (i >= j) break;
        int t = x[i]; x[i] = x[j]; x[j] = t;
    }
    quick(x, i);
    quick(x + i, n - i);
}

static void merge(int *x, int n)
{
    if (n < 2) return;
    int half = n / 2, copy[n], i = 0, j = half, k = 0;
    merge(x, half);
    merge(x + half, n - half);
    while (i < half && j < n) copy[k++] = x[i] <= x[j] ? x[i++] : x[j++];
    while (i < half) copy[k++] = x[i++];
    while (j < n) copy[k++] = x[j++];
    memcpy(x, copy, sizeof copy);
}

int main(void)
{
    void (*ways[])(int *, int) = {bubble, insertion, quick, merge};
    for (int w = 0; w < 4; w++) {
        int x[N];
        unsigned state = 7;
        for (int i = 0; i < N; i++) x[i] = (int)((state = state * 69069u + 1) >> 22) - 500;
        ways[w](x, N);
        unsigned sum = 0;
        int good = 1;
        for (int i = 0; i < N; i++) {
            sum = sum * 33 + (unsigned)x[i];
            if (i) good &= x[i - 1] <= x[i];
        }
        printf("%d %u\n", good, sum);
    }
    return 0;
}
