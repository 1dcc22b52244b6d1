import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Limits } from '../limits.ts'

export type Handle = (req: IncomingMessage, res: ServerResponse) => void

/** The connections of a server, and what went over them. */
export interface Connections {
  /** Holds a server to the limits. */
  attend(server: Server): void
  /**
   * Handles the requests of one connection one after the other. Node takes pipelined ones all at once and keeps their
   * answers in memory until it is their turn: a thousand requests for a large file are 70 kB, their answers are not.
   */
  inTurn(handle: Handle): Handle
  open(): number
  sentBytes(): number
  receivedBytes(): number
  /** How many came when there were too many. */
  refused(): number
  /** How many were closed because their client was too slow. */
  cut(): number
}

/** The answers of a connection: the one that is being given, and that to the last request that came. */
interface Turns {
  current: ServerResponse
  last: ServerResponse
}

type TurnsOf = WeakMap<Socket, Turns>

type ConnectionLimits = Pick<Limits, 'connections' | 'idle' | 'leastBody'>

/** How far a body had come when it was last looked at. */
interface Mark {
  readonly req: IncomingMessage
  readonly bytes: number
}

export function connectionsOf(limits: ConnectionLimits): Connections {
  const sockets = new Set<Socket>()
  const turns: TurnsOf = new WeakMap()
  let [sent, received, refused, cut] = [0, 0, 0, 0]
  const cutOff = (socket: Socket) => {
    if (socket.destroyed) return
    cut++
    socket.destroy()
  }
  const attendSocket = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      sent += socket.bytesWritten
      received += socket.bytesRead
    })
  }
  const sweep = sweeper(limits, turns)
  return {
    attend(server) {
      server.maxConnections = limits.connections
      server.on('drop', () => refused++)
      server.on('connection', attendSocket)
      server.on('timeout', (socket: Socket) => {
        const current = turns.get(socket)?.current
        if (current && waitsForUs(current)) socket.setTimeout(limits.idle)
        else if (current && isDone(current)) socket.destroy()
        else cutOff(socket)
      })
      const sweeping = setInterval(() => sweep(sockets).forEach(cutOff), limits.idle).unref()
      server.once('close', () => clearInterval(sweeping))
    },
    inTurn: (handle) => inTurn(turns, handle),
    open: () => sockets.size,
    sentBytes: () => sum(sockets, ({ bytesWritten }) => bytesWritten) + sent,
    receivedBytes: () => sum(sockets, ({ bytesRead }) => bytesRead) + received,
    refused: () => refused,
    cut: () => cut,
  }
}

function inTurn(turns: TurnsOf, handle: Handle): Handle {
  return (req, res) => {
    const turn = turns.get(req.socket)
    if (!turn) {
      turns.set(req.socket, { current: res, last: res })
      return handle(req, res)
    }
    const before = turn.last
    turn.last = res
    const begin = () => {
      turn.current = res
      handle(req, res)
    }
    if (before.writableFinished || before.destroyed) return begin()
    before.once('close', () => (res.destroyed || req.socket.destroyed ? undefined : begin()))
  }
}

/** Looks at all connections once each `idle`: times those that do not read, and tells which bring too little of a body. */
function sweeper(
  { idle, leastBody }: ConnectionLimits,
  turns: TurnsOf,
): (sockets: ReadonlySet<Socket>) => readonly Socket[] {
  const marks = new WeakMap<Socket, Mark>()
  return (sockets) =>
    [...sockets].filter((socket) => {
      const current = turns.get(socket)?.current
      if (!current) return false
      const { req } = current
      // Only one that has not read all is timed, which costs each request something: Node sees what the system has sent.
      if (current.writableLength > 0 && socket.timeout !== idle) socket.setTimeout(idle)
      if (req.complete) return false
      const mark = marks.get(socket)
      if (mark?.req === req && socket.bytesRead - mark.bytes < leastBody) return true
      marks.set(socket, { req, bytes: socket.bytesRead })
      return false
    })
}

/** Whether the client has sent all, and has read all that there is of the answer: the rest takes us its time. */
function waitsForUs(res: ServerResponse): boolean {
  return res.req.complete && !res.writableFinished && res.writableLength === 0
}

/** Whether the connection was only kept for another request. */
function isDone(res: ServerResponse): boolean {
  return res.req.complete && res.writableFinished
}

function sum(sockets: ReadonlySet<Socket>, of: (socket: Socket) => number): number {
  let total = 0
  for (const socket of sockets) total += of(socket)
  return total
}
