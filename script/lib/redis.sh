# shellcheck shell=bash
# A private Redis. Sourced after process.sh.

# Nothing is saved: losing Redis signs people out and costs nothing else.
redis_launch() {
  spawn redis redis-server --port "$(port_of redis)" --bind 127.0.0.1 --save '' --appendonly no --dir "$RUN_DIR/redis"
}

redis_ready() { listening redis; }
redis_start() { start_part redis 10 redis_ready redis_launch; }
redis_url() { echo "redis://127.0.0.1:$(port_of redis)"; }
redis_stop() { stop_part redis TERM 10; }
