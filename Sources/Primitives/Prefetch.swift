import CProcessor

/// Asks the processor to bring an element into its cache, without waiting for it: for memory that
/// is about to be used and has not been for long. `index` must be inside.
@inlinable
@inline(__always)
public func prefetch<Element>(_ elements: UnsafeBufferPointer<Element>, at index: Int) {
  precondition(index >= 0 && index < elements.count)
  guard let start = elements.baseAddress else { return }
  prefetch(start + index)
}

/// Asks the processor to bring what a pointer points to into its cache, without waiting for it:
/// all of it, or its first `bytes`.
@inlinable
@inline(__always)
public func prefetch<Element: ~Copyable>(
  _ element: UnsafePointer<Element>, bytes: Int = MemoryLayout<Element>.size
) {
  processor_prefetch(element, min(bytes, MemoryLayout<Element>.size))
}
