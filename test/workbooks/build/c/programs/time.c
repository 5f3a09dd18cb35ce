/* The calendar's arithmetic, which needs no clock. */
#include <stdio.h>
#include <time.h>

int main(void)
{
    time_t moments[] = {0, 86399, 951782400, 1700000000, 4102444800};
    for (int i = 0; i < 5; i++) {
        struct tm *t = gmtime(&moments[i]);
        char text[64];
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %j %a %b", t);
        printf("%s %d %d\n", text, t->tm_wday, t->tm_yday);
    }
    printf("%g\n", difftime(moments[2], moments[1]));
    clock_t before = clock();
    printf("%d\n", clock() >= before && before != (clock_t)-1);
    return 0;
}
