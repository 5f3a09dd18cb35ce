/* Enumerations with values of their own, as indexes and in switches. */
#include <stdio.h>

enum day { MON = 1, TUE, WED, THU = 10, FRI, SAT = 2, SUN };
typedef enum { RED, GREEN, BLUE, COLORS } color;

static const char *const names[COLORS] = {[BLUE] = "blue", [RED] = "red", [GREEN] = "green"};

int main(void)
{
    printf("%d %d %d %d %d %d %d\n", MON, TUE, WED, THU, FRI, SAT, SUN);
    for (color c = RED; c < COLORS; c++) printf("%s%c", names[c], c + 1 < COLORS ? ',' : '\n');
    enum day d = FRI;
    switch (d) {
    case FRI: puts("friday"); break;
    default: puts("another");
    }
    return d;
}
