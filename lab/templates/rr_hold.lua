-- Holds requests while the writer moves, instead of refusing them.
--
-- proc.rr_hold        unix time until which the hold stands; 0 or a time gone by means: no hold.
-- proc.rr_hold_limit  longest wait of one request, seconds.
--
-- A hold ends by itself when its time has come: a runner that died cannot hold the service for ever.
-- A request that waited to the limit gets txn.rr_maintenance, which the configuration answers with 503.

local POLL_MS = 10
local DEFAULT_LIMIT_S = 30

local function seconds_now()
  local now = core.now()
  return now.sec + now.usec / 1000000
end

local function hold(txn)
  local began = nil
  while true do
    local now = seconds_now()
    local holds_until = tonumber(txn:get_var("proc.rr_hold")) or 0
    if now >= holds_until then
      return
    end
    began = began or now
    local limit = tonumber(txn:get_var("proc.rr_hold_limit")) or DEFAULT_LIMIT_S
    if now - began >= limit then
      txn:set_var("txn.rr_maintenance", true)
      return
    end
    core.msleep(POLL_MS)
  end
end

core.register_action("rr_hold", { "http-req" }, hold)
