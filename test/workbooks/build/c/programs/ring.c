/* A ring buffer behind a small interface, and a struct that nobody sees into. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct ring ring;
ring *ring_new(size_t);
bool ring_put(ring *, int);
bool ring_take(ring *, int *);
void ring_free(ring *);

int main(void)
{
    ring *r = ring_new(5);
    int value, refused = 0;
    for (int i = 0; i < 20; i++) {
        if (!ring_put(r, i * i)) refused++;
        if (i % 3 == 0 && ring_take(r, &value)) printf("%d ", value);
    }
    while (ring_take(r, &value)) printf("%d ", value);
    printf("(%d refused)\n", refused);
    ring_free(r);
    return refused;
}

struct ring { size_t size, start, count; int items[]; };

ring *ring_new(size_t size)
{
    ring *r = calloc(1, sizeof *r + size * sizeof(int));
    r->size = size;
    return r;
}

bool ring_put(ring *r, int x)
{
    if (r->count == r->size) return false;
    r->items[(r->start + r->count++) % r->size] = x;
    return true;
}

bool ring_take(ring *r, int *x)
{
    if (!r->count) return false;
    *x = r->items[r->start];
    r->start = (r->start + 1) % r->size;
    r->count--;
    return true;
}

void ring_free(ring *r) { free(r); }
