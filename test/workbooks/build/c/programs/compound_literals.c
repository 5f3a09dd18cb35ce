/* Compound literals and designated initializers, nested and out of order. */
#include <stdio.h>

struct point { int x, y; };
struct shape { const char *name; struct point corners[4]; int count; };

static int area2(const struct shape *s)
{
    int twice = 0;
    for (int i = 0; i < s->count; i++) {
        struct point a = s->corners[i], b = s->corners[(i + 1) % s->count];
        twice += a.x * b.y - b.x * a.y;
    }
    return twice;
}

int main(void)
{
    struct shape triangle = {.count = 3, .name = "triangle", .corners = {[2] = {0, 3}, [1] = {.x = 4}}};
    printf("%s %d\n", triangle.name, area2(&triangle));
    printf("%d\n", area2(&(struct shape){"square", {{0, 0}, {2, 0}, {2, 2}, {0, 2}}, 4}));
    int sparse[10] = {[3] = 7, 8, [8] = 1};
    for (int i = 0; i < 10; i++) printf("%d ", sparse[i]);
    const int *few = (const int[]){5, 6, 7};
    printf("\n%d %d\n", few[0], few[2]);
    return 0;
}
