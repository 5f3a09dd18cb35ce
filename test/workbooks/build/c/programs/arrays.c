/* Arrays of several dimensions, their addresses and sizes. */
#include <stdio.h>

static int sum(const int *row, int n)
{
    int total = 0;
    while (n-- > 0) total += *row++;
    return total;
}

int main(void)
{
    int m[3][4];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) m[i][j] = i * 10 + j;
    for (int i = 0; i < 3; i++) printf("%d ", sum(m[i], 4));
    printf("%d\n", (int)(&m[2][1] - &m[0][0]));
    printf("%d %d\n", (int)(sizeof m / sizeof m[0]), (int)(sizeof m[0] / sizeof m[0][0]));
    int (*rows)[4] = m;
    printf("%d %d\n", rows[1][3], (*(rows + 2))[0]);
    char names[][6] = {"anna", "bob", "carla"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) printf("%s/", names[i]);
    putchar('\n');
    return 0;
}
