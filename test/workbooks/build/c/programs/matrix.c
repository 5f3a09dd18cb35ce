/* Matrices as variable length arrays. */
#include <stdio.h>

static void multiply(int n, double a[n][n], double b[n][n], double c[n][n])
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            c[i][j] = 0;
            for (int k = 0; k < n; k++) c[i][j] += a[i][k] * b[k][j];
        }
}

static double determinant(int n, double m[n][n])
{
    double d = 1;
    for (int c = 0; c < n; c++) {
        int pivot = c;
        for (int r = c; r < n; r++)
            if (m[r][c] != 0) pivot = r;
        if (m[pivot][c] == 0) return 0;
        if (pivot != c) {
            d = -d;
            for (int k = 0; k < n; k++) {
                double t = m[c][k];
                m[c][k] = m[pivot][k];
                m[pivot][k] = t;
            }
        }
        d *= m[c][c];
        for (int r = c + 1; r < n; r++) {
            double f = m[r][c] / m[c][c];
            for (int k = c; k < n; k++) m[r][k] -= f * m[c][k];
        }
    }
    return d;
}

int main(void)
{
    for (int n = 1; n < 6; n++) {
        double a[n][n], b[n][n], c[n][n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) {
                a[i][j] = i + j;
                b[i][j] = i == j ? 2 : (i * j) % 3;
            }
        multiply(n, a, b, c);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) printf("%g%c", c[i][j], j + 1 < n ? ' ' : '\n');
        printf("%.6g %d\n", determinant(n, b), (int)(sizeof a / sizeof(double)));
    }
    return 0;
}
