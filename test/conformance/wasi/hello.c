#include <stdio.h>

int main(void) {
    puts("hello, world");
    fprintf(stderr, "and to the side\n");
    return 0;
}
