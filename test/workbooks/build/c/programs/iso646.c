/* Words and digraphs in the place of signs. */
#include <iso646.h>
#include <stdio.h>

int main(void)
<%
    int xs<:3:> = <%1, 2, 3%>;
    if (xs<:0:> == 1 and not(xs<:1:> == 1) or 0) puts("words");
    printf("%d %d %d\n", xs[0] bitor 4, xs[2] bitand 1, compl 0 xor 5);
    return 0;
%>
