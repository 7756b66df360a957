; Lines that load and do no good.
classes = win,unix
[tcp:request]
label = s:unix:Linux:nothing follows
label = s:unix:Linux:first
sig   = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws:df,id+:0
label = s:unix:Linux:second
sig   = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:1460:*,7:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:8192,7:mss,sok:df,id+:0
[http:request]
label = s:!:curl:
