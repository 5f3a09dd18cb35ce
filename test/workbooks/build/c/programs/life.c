/* Conway's game on a torus. */
#include <stdio.h>
#include <string.h>

enum { W = 24, H = 12 };
static char board[H][W], next[H][W];

int main(void)
{
    const char *glider[] = {".#.", "..#", "###"};
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 3; x++) board[y + 1][x + 1] = glider[y][x] == '#';
    for (int x = 8; x < 18; x++) board[7][x] = 1;
    for (int generation = 0; generation < 30; generation++) {
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                int around = 0;
                for (int dy = -1; dy <= 1; dy++)
                    for (int dx = -1; dx <= 1; dx++)
                        if (dx || dy) around += board[(y + dy + H) % H][(x + dx + W) % W];
                next[y][x] = around == 3 || (around == 2 && board[y][x]);
            }
        memcpy(board, next, sizeof board);
    }
    int alive = 0;
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            putchar(board[y][x] ? '#' : '.');
            alive += board[y][x];
        }
        putchar('\n');
    }
    return alive;
}
