// node pool.js ADDRESS BATCHES: 100 requests at once through an agent that keeps 2 idle connections, every second.
// Prints a line after each batch and then stays, with its two connections open, until it is told to end.
const http = require('http');
const [address, batches] = [process.argv[2], Number(process.argv[3])];
const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 2 });
const started = () => { if (++batch <= batches) run(); };
let batch = 0;

function run() {
  let left = 100;
  for (let i = 0; i < 100; i++) {
    http.get({ host: address, port: 80, path: '/', agent }, (answer) => {
      answer.resume();
      answer.on('end', () => {
        if (--left === 0) {
          console.log(`batch ${batch} done`);
          setTimeout(started, 1000);
        }
      });
    }).on('error', (e) => { console.error(String(e)); process.exit(1); });
  }
}
started();
setInterval(() => {}, 1000);
