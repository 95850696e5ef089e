// Loads, stores and the like on vectors of 16 floats, written once. The body of each file of kernels includes this for
// each instruction set, with KERNEL(name) giving the name its suffix.
//
// No include guard: it is meant to be included more than once.

static inline KERNEL_INLINE vector KERNEL(load)(const float *from) {
    vector value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

static inline KERNEL_INLINE void KERNEL(store)(float *to, vector value) { __builtin_memcpy(to, &value, sizeof value); }

static inline KERNEL_INLINE vector KERNEL(fma)(vector a, vector b, vector c) {
    return __builtin_elementwise_fma(a, b, c);
}

static inline KERNEL_INLINE vector KERNEL(splat)(float x) {
    return (vector){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}
