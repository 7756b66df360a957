; Every line that is wrong is told, with its place and what was probably meant; the right ones below it are no faults.
classes = win,unix
[tcp:requst]
label = s:unix:Linux:lost with its section
sig   = *:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0
[tcp:request]
label = s:unx:Linux:a class that is not named
sig   = *:64:0:*:mss*44,7:mss,sok,tss,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id_:0
sig   = *:64:0:*:mss*44:mss,sok,ts,nop,ws:df,id+:0
;@ sorce="a word too short"
sig   = *:64:0:*:floor65535,7:mss,sok,ts,nop,ws:df,id+:0
lable = s:unix:Linux:misspelt
[mtu]
label = Ethernet
sig   = 1500 octets
