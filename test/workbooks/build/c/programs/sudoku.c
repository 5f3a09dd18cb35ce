/* Solves a puzzle by trying. */
#include <stdio.h>

static char grid[81] = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

static int fits(int cell, char digit)
{
    int row = cell / 9, column = cell % 9, box = row / 3 * 27 + column / 3 * 3;
    for (int i = 0; i < 9; i++)
        if (grid[row * 9 + i] == digit || grid[i * 9 + column] == digit || grid[box + i / 3 * 9 + i % 3] == digit) return 0;
    return 1;
}

static int solve(int cell)
{
    while (cell < 81 && grid[cell] != '.') cell++;
    if (cell == 81) return 1;
    for (char digit = '1'; digit <= '9'; digit++)
        if (fits(cell, digit)) {
            grid[cell] = digit;
            if (solve(cell + 1)) return 1;
            grid[cell] = '.';
        }
    return 0;
}

int main(void)
{
    int solved = solve(0);
    for (int i = 0; i < 9; i++) printf("%.9s\n", grid + 9 * i);
    return solved;
}
