/* The order of evaluation where there is one. */
#include <stdio.h>

static int say(int n)
{
    printf("%d ", n);
    return n;
}

int main(void)
{
    int a = say(0) && say(1);
    int b = say(1) || say(2);
    int c = say(0) || (say(3) && say(0)) || say(4);
    int d = say(5) ? say(6) : say(7);
    int e = (say(8), say(9));
    printf("\n%d %d %d %d %d\n", a, b, c, d, e);
    int i = 5;
    int f = i++ + 10;
    int g = --i * 2;
    printf("%d %d %d\n", f, g, !i + !!i + ~i);
    printf("%d\n", 1 < 2 == 1);
    return 0;
}
