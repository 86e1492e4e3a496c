import Primitives
import Synchronization
import Testing

@testable import Runtime

@Suite struct EventLoopTests {
  @Test func itSleepsUntilTheDeadlineAndNoLonger() throws {
    var loop = try EventLoop()
    let start = MonotonicClock.now()
    loop.wait(until: start + .milliseconds(20))
    let slept = MonotonicClock.now() - start
    #expect(slept >= .milliseconds(20))
    #expect(slept < .seconds(5))
    #expect(loop.ready.isEmpty)
  }

  @Test func aDeadlineThatHasPassedDoesNotSleep() throws {
    var loop = try EventLoop()
    loop.wait(until: .origin)
    #expect(loop.ready.isEmpty)
  }

  @Test func anotherThreadWakesIt() throws {
    var loop = try EventLoop()
    let wakeup = try Wakeup()
    try loop.watch(wakeup.descriptor, for: .reading, token: 7)
    let thread = try WorkerThread(name: "ringer") { wakeup.ring() }
    loop.wait(until: nil)
    #expect(loop.ready == [7])
    wakeup.silence()
    loop.wait(until: .origin)
    #expect(loop.ready.isEmpty)
    thread.join()
  }

  @Test func manyRingsAreOneUntilItListens() throws {
    var loop = try EventLoop()
    let wakeup = try Wakeup()
    try loop.watch(wakeup.descriptor, for: .reading, token: 1)
    for _ in 0..<100 { wakeup.ring() }
    loop.wait(until: .origin)
    #expect(loop.ready == [1])
    wakeup.silence()
    wakeup.ring()
    loop.wait(until: .origin)
    #expect(loop.ready == [1])
    loop.unwatch(wakeup.descriptor)
    loop.wait(until: .origin)
    #expect(loop.ready.isEmpty)
  }
}

@Suite struct MailboxTests {
  @Test func lettersArriveInOrderAndNoneIsLostAcrossThreads() throws {
    let count = 100_000
    let mailbox = try Mailbox<Int>(capacity: 64)
    let sender = try WorkerThread(name: "sender") {
      for letter in 0..<count {
        while !mailbox.post(letter) { _ = mailbox.descriptor }
      }
    }
    var loop = try EventLoop()
    try loop.watch(mailbox.descriptor, for: .reading, token: 0)
    var next = 0
    while next < count {
      loop.wait(until: nil)
      mailbox.acknowledge()
      while let letter = mailbox.take() {
        #expect(letter == next)
        next += 1
      }
    }
    sender.join()
  }

  @Test func anOutboxKeepsWhatFindsNoRoomInOrder() throws {
    let mailbox = try Mailbox<Int>(capacity: 4)
    let outbox = Outbox(mailbox)
    for letter in 0..<10 { outbox.send(letter) }
    #expect(outbox.count == 6)
    var seen: [Int] = []
    while let letter = mailbox.take() {
      seen.append(letter)
      outbox.flush()
    }
    #expect(seen == Array(0..<10))
    #expect(outbox.count == 0)
  }
}

@Suite struct ClockTests {
  @Test func theMonotonicClockNeverGoesBack() {
    var last = MonotonicClock.now()
    for _ in 0..<1_000 {
      let now = MonotonicClock.now()
      #expect(now >= last)
      last = now
    }
  }

  @Test func theWallClockShowsACivilTime() {
    #expect(WallClock.now().seconds > 1_700_000_000)
  }

  @Test func twoSeedsDiffer() {
    #expect(KernelRandom.seed().count == 32)
    #expect(KernelRandom.seed() != KernelRandom.seed())
  }

  @Test func loopbackIsAmongTheInterfaces() {
    #expect(NetworkInterfaces.addresses().contains(NetworkAddress(ipv4: 0x7F00_0001, port: 0)))
  }
}
