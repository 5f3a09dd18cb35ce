/* Distances in a graph, by three methods. */
#include <limits.h>
#include <stdio.h>

enum { N = 12, FAR = INT_MAX / 4 };
static int edge[N][N], floyd[N][N], ford[N], dijkstra[N];

int main(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) edge[i][j] = floyd[i][j] = i == j ? 0 : (i * 7 + j * 5) % 4 == 1 ? (i + j * 3) % 9 + 1 : FAR;
    for (int k = 0; k < N; k++)
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                if (floyd[i][k] + floyd[k][j] < floyd[i][j]) floyd[i][j] = floyd[i][k] + floyd[k][j];
    for (int i = 0; i < N; i++) ford[i] = dijkstra[i] = i ? FAR : 0;
    for (int round = 0; round < N; round++)
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                if (ford[i] + edge[i][j] < ford[j]) ford[j] = ford[i] + edge[i][j];
    for (unsigned done = 0; done != (1u << N) - 1;) {
        int near = -1;
        for (int i = 0; i < N; i++)
            if (!(done >> i & 1) && (near < 0 || dijkstra[i] < dijkstra[near])) near = i;
        done |= 1u << near;
        for (int j = 0; j < N; j++)
            if (dijkstra[near] + edge[near][j] < dijkstra[j]) dijkstra[j] = dijkstra[near] + edge[near][j];
    }
    int same = 1;
    for (int i = 0; i < N; i++) {
        printf("%d ", floyd[0][i] >= FAR ? -1 : floyd[0][i]);
        same &= floyd[0][i] == ford[i] && ford[i] == dijkstra[i];
    }
    printf("\n%d\n", same);
    return same;
}
