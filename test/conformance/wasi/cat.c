// stdin: text
#include <stdio.h>

int main(void) {
    char buffer[100];
    size_t length, total = 0;
    while ((length = fread(buffer, 1, sizeof buffer, stdin)) > 0) {
        fwrite(buffer, 1, length, stdout);
        total += length;
    }
    fprintf(stderr, "%zu bytes, at the end: %d\n", total, feof(stdin) != 0);
    return ferror(stdin);
}
