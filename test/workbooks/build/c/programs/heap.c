/* A priority queue, and malloc, calloc, realloc and free by the thousand. */
#include <stdio.h>
#include <stdlib.h>

static int *heap, count, room;

static void push(int x)
{
    if (count == room) heap = realloc(heap, (size_t)(room = room ? 2 * room : 1) * sizeof *heap);
    int i = count++;
    for (; i && heap[(i - 1) / 2] > x; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
    heap[i] = x;
}

static int pop(void)
{
    int top = heap[0], x = heap[--count], i = 0;
    for (int child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && heap[child + 1] < heap[child]) child++;
        if (x <= heap[child]) break;
        heap[i] = heap[child];
    }
    heap[i] = x;
    return top;
}

int main(void)
{
    unsigned state = 1;
    for (int i = 0; i < 3000; i++) {
        state = state * 1664525u + 1013904223u;
        push((int)(state >> 8) % 10007);
    }
    int last = -1, sorted = 1;
    unsigned sum = 0;
    while (count) {
        int x = pop();
        sorted &= x >= last;
        last = x;
        sum = sum * 7 + (unsigned)x;
    }
    printf("%d %u %d\n", sorted, sum, last);
    free(heap);
    void *blocks[200];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 200; i++) blocks[i] = malloc((size_t)(i * 37 % 4001 + 1));
        for (int i = 0; i < 200; i++) free(blocks[(i * 77) % 200]);
    }
    char *zeros = calloc(1000, 3);
    int nought = 1;
    for (int i = 0; i < 3000; i++) nought &= zeros[i] == 0;
    printf("%d\n", nought);
    return 0;
}
