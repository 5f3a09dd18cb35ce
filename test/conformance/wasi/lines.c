// stdin: text
#include <stdio.h>
#include <string.h>

int main(void) {
    char line[64];
    int number = 0;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        printf("%d: %s\n", ++number, line);
    }
    return number > 255 ? 1 : 0;
}
