/* Floating point in a tight loop, drawn. */
#include <stdio.h>

int main(void)
{
    for (int row = 0; row < 21; row++) {
        for (int column = 0; column < 60; column++) {
            double cx = column / 20.0 - 2.25, cy = row / 8.0 - 1.25, x = 0, y = 0;
            int n = 0;
            while (n < 50 && x * x + y * y < 4) {
                double t = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = t;
                n++;
            }
            putchar(" .:-=+*#%@"[n / 5 > 9 ? 9 : n / 5]);
        }
        putchar('\n');
    }
    return 0;
}
