/* What a program finds around it: no variable of this name, a name of its own. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    printf("%d %d %d\n", argc, argv[0] != NULL, argv[argc] == NULL);
    printf("%d\n", getenv("NO_SUCH_VARIABLE_HERE") == NULL);
    return EXIT_FAILURE;
}
