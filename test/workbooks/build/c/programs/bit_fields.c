/* Bit fields, signed and unsigned, and their wrap-around. */
#include <stdio.h>

struct flags {
    unsigned a : 1;
    unsigned b : 3;
    signed c : 4;
    unsigned d : 12;
    unsigned : 0;
    unsigned e : 5;
};

int main(void)
{
    struct flags f = {1, 5, -3, 4000, 17};
    for (int i = 0; i < 10; i++) {
        f.a += 1;
        f.b += 3;
        f.c = (signed)(f.c > 5 ? -8 : f.c + 2);
        f.d += 100;
        f.e ^= (unsigned)i;
        printf("%u %u %d %u %u\n", f.a, f.b, f.c, f.d, f.e);
    }
    return (int)sizeof(struct flags);
}
