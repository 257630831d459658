document.documentElement.dataset['page'] = 'captions';
