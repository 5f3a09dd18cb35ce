/* Structs by value, in arrays, in each other, compared by hand. */
#include <stdio.h>

struct vector { double x, y, z; };
struct ray { struct vector from, to; int id; };

static struct vector minus(struct vector a, struct vector b) { return (struct vector){a.x - b.x, a.y - b.y, a.z - b.z}; }
static double dot(struct vector a, struct vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

static struct ray turned(struct ray r)
{
    struct vector t = r.from;
    r.from = r.to;
    r.to = t;
    r.id = -r.id;
    return r;
}

int main(void)
{
    struct ray rays[3];
    for (int i = 0; i < 3; i++) rays[i] = (struct ray){{i, 0, 0}, {0, i, 2 * i}, i + 1};
    struct ray copy = turned(rays[1]);
    for (int i = 0; i < 3; i++) {
        struct vector d = minus(rays[i].to, rays[i].from);
        printf("%d %g\n", rays[i].id, dot(d, d));
    }
    printf("%d %g %g %g\n", copy.id, copy.from.z, copy.to.x, turned(turned(copy)).from.z);
    return turned(rays[2]).id + 10;
}
