; Load balancers and small devices.
;@ matching=syncopate

classes = win,unix,other

[tcp:request]

label = s:other:BIG-IP:
sig   = *:255:0:*:mss*3,0:mss,nop,nop,ts,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: BIG-IP" date=2021-09 family=appliance

; lwIP opt.h: TCP_WND is four segments, and of the options only MSS is on.

label = g:other:lwIP:an embedded device
sig   = 4:255:0:*:mss*4,0:mss::0
;@ source="lwIP opt.h: defaults" date=2026-11 family=device note="read, not run"
sig   = 4:64:0:*:mss*4,0:mss::0
;@ source="lwIP opt.h, with the TTL of ESP-IDF" date=2026-11 family=device note="read, not run"

[tcp:response]

label = s:other:BIG-IP:13.1
sig   = *:255:0:*:mss*3,0:mss,nop,nop,ts,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: BIG-IP 13.1" date=2021-09 family=appliance
sig   = *:255:0:*:mss*3,0:mss,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: BIG-IP 13.1, 1500" date=2021-09 family=appliance

label = s:other:BIG-IP:1500
sig   = *:255:0:*:3780,0:mss,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: BIG-IP 1500" date=2021-09 family=appliance

label = s:other:BIG-IP:D39
sig   = 4:64:0:*:mss*12,0:mss:df,id+:0
;@ source="Satori tcp.xml: BIG-IP D39" date=2010-07 family=appliance

label = g:other:lwIP:an embedded device
sig   = 4:255:0:*:mss*4,0:mss::0
;@ source="lwIP opt.h: defaults" date=2026-11 family=device note="read, not run"
sig   = 4:64:0:*:mss*4,0:mss::0
;@ source="lwIP opt.h, with the TTL of ESP-IDF" date=2026-11 family=device note="read, not run"
