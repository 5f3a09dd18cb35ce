/* Hanoi, with stacks that can be looked at. */
#include <stdio.h>

static int towers[3][8], heights[3], moves;
static unsigned trace;

static void move(int from, int to)
{
    int disk = towers[from][--heights[from]];
    if (heights[to] && towers[to][heights[to] - 1] < disk) puts("wrong");
    towers[to][heights[to]++] = disk;
    moves++;
    trace = trace * 31 + (unsigned)(disk * 9 + from * 3 + to);
}

static void hanoi(int n, int from, int to)
{
    if (!n) return;
    hanoi(n - 1, from, 3 - from - to);
    move(from, to);
    hanoi(n - 1, 3 - from - to, to);
}

int main(void)
{
    for (int disk = 8; disk; disk--) towers[0][heights[0]++] = disk;
    hanoi(8, 0, 2);
    printf("%d moves, %d on the last, %u\n", moves, heights[2], trace);
    return moves;
}
