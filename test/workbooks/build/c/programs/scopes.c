/* Names that hide others, static variables, declarations in the midst of things. */
#include <stdio.h>

static int x = 1;

static int counter(void)
{
    static int calls = 100;
    return calls++;
}

int main(void)
{
    printf("%d ", x);
    int x = 2;
    {
        printf("%d ", x);
        int x = 3;
        {
            extern int y;
            printf("%d %d ", x, y);
        }
    }
    for (int x = 4; x < 5; x++) printf("%d ", x);
    printf("%d\n", x);
    for (int i = 0; i < 3; i++) printf("%d ", counter());
    goto end;
end:;
    struct x { int x; } y = {9};
    printf("%d\n", y.x);
    return 0;
}

int y = 77;
