import CSecurity
import Primitives

/// Where OpenSSL takes its randomness from: its own generator, or, in a simulation, a seed.
///
/// The choice is the calling thread's alone, so that tests that run side by side do not disturb
/// one another. With a seed everything that OpenSSL draws follows from it, private keys and ECDSA
/// nonces included: two runs are the same to the byte.
public enum SecurityRandom {
  /// From here on OpenSSL draws from `seed` on this thread; also starts a running one over.
  public static func useDeterministic(seed: UInt64) {
    useOperatingSystem()
    guard isInstalled else { return }
    let source = SeededRandom(RandomSource(seed: seed))
    security_set_thread_random(Unmanaged.passRetained(source).toOpaque())
  }

  /// From here on OpenSSL draws from its own generator on this thread, as it does at first.
  public static func useOperatingSystem() {
    guard let source = security_thread_random() else { return }
    security_set_thread_random(nil)
    Unmanaged<SeededRandom>.fromOpaque(source).release()
  }

  /// Puts our function in the way of OpenSSL's, once a process.
  private static let isInstalled: Bool =
    security_install_random { object, bytes, count in
      guard let object, let bytes else { return 0 }
      let seeded = Unmanaged<SeededRandom>.fromOpaque(object).takeUnretainedValue()
      _ = UnsafeMutableBufferPointer(start: bytes, count: Int(count)).update(
        fromContentsOf: seeded.source.bytes(Int(count)))
      return 1
    } == 1
}

private final class SeededRandom {
  var source: RandomSource
  init(_ source: RandomSource) { self.source = source }
}
