/* Dynamic programming, with the way back. */
#include <stdio.h>
#include <string.h>

int main(void)
{
    int weights[] = {12, 7, 11, 8, 9, 6, 5, 14}, values[] = {24, 13, 23, 15, 16, 11, 9, 28}, best[9][40];
    memset(best, 0, sizeof best);
    for (int i = 1; i <= 8; i++)
        for (int w = 0; w < 40; w++) {
            best[i][w] = best[i - 1][w];
            if (w >= weights[i - 1] && best[i - 1][w - weights[i - 1]] + values[i - 1] > best[i][w])
                best[i][w] = best[i - 1][w - weights[i - 1]] + values[i - 1];
        }
    printf("%d:", best[8][39]);
    for (int i = 8, w = 39; i; i--)
        if (best[i][w] != best[i - 1][w]) {
            printf(" %d", i - 1);
            w -= weights[i - 1];
        }
    putchar('\n');
    return best[8][26];
}
