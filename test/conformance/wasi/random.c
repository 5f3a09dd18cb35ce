#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    unsigned char one[256] = {0}, other[256] = {0};
    printf("%d %d\n", getentropy(one, sizeof one), getentropy(other, sizeof other));
    int distinct = 0, seen[256] = {0};
    for (int i = 0; i < 256; i++) distinct += !seen[one[i]]++;
    printf("differ: %d, many values: %d\n", memcmp(one, other, sizeof one) != 0, distinct > 100);
    printf("too much at once: %d\n", getentropy(one, 257));
    return 0;
}
