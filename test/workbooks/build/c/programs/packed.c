/* Unions and structs seen as bytes; the order of bytes is the same on both. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

union number { uint32_t whole; uint8_t bytes[4]; float real; };
struct mixed { char a; int32_t b; char c; int64_t d; };

int main(void)
{
    union number n = {.whole = 0x01020304};
    printf("%d %d %d %d\n", n.bytes[0], n.bytes[1], n.bytes[2], n.bytes[3]);
    n.real = 1.0f;
    printf("%08x\n", (unsigned)n.whole);
    struct mixed m;
    memset(&m, 0, sizeof m);
    m = (struct mixed){'x', -2, 'y', 5};
    printf("%d %d %d %d\n", (int)sizeof m, (int)((char *)&m.b - (char *)&m), (int)((char *)&m.c - (char *)&m),
           (int)((char *)&m.d - (char *)&m));
    double d = -2.5;
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    printf("%llx\n", (unsigned long long)bits);
    return 0;
}
