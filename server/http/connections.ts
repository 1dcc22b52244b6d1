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

/** How far a body had come when it was last looked at. */
interface Mark {
  readonly req: IncomingMessage
  readonly bytes: number
}

export function connectionsOf(limits: Pick<Limits, 'connections' | 'idle' | 'leastBody'>): Connections {
  const sockets = new Set<Socket>()
  const turns = new WeakMap<Socket, Turns>()
  const marks = new WeakMap<Socket, Mark>()
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
  const sweep = () => {
    for (const socket of sockets) {
      const current = turns.get(socket)?.current
      if (!current) continue
      const { req } = current
      // Only one that has not read all is timed, which costs each request something: Node sees what the system has sent.
      if (current.writableLength > 0 && socket.timeout !== limits.idle) socket.setTimeout(limits.idle)
      if (req.complete) continue
      const mark = marks.get(socket)
      if (mark?.req === req && socket.bytesRead - mark.bytes < limits.leastBody) cutOff(socket)
      else marks.set(socket, { req, bytes: socket.bytesRead })
    }
  }
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
      const sweeping = setInterval(sweep, limits.idle).unref()
      server.once('close', () => clearInterval(sweeping))
    },
    inTurn: (handle) => (req, res) => {
      const turn = turns.get(req.socket)
      if (!turn) {
        turns.set(req.socket, { current: res, last: res })
        return handle(req, res)
      }
      const before = turn.last
      turn.last = res
      if (!before.writableFinished && !before.destroyed) {
        before.once('close', () => {
          if (res.destroyed || req.socket.destroyed) return
          turn.current = res
          handle(req, res)
        })
        return
      }
      turn.current = res
      handle(req, res)
    },
    open: () => sockets.size,
    sentBytes: () => sum(sockets, ({ bytesWritten }) => bytesWritten) + sent,
    receivedBytes: () => sum(sockets, ({ bytesRead }) => bytesRead) + received,
    refused: () => refused,
    cut: () => cut,
  }
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
